/** `npm run ui-bench`: figures of `acksm ui` in Chromium, on an API server of its own. */
import { startControlPlane } from '@ack-secret-manager/control-plane'
import { openChromium } from '@ack-secret-manager/debian/chromium'
import { crds } from '@ack-secret-manager/resources'
import { AuditLog, installCrds } from '@ack-secret-manager/testenv'
import { parseArgs } from 'node:util'
import { changeLatencies, openPage, scrollTable, tabMemory } from './measure-page.ts'
import { createReported, nameOf, report } from './ui-cluster.ts'
import { memoryOf, startUi } from './ui-process.ts'

const CHANGES = 9
const MINUTE_MS = 60_000

const { values } = parseArgs({
  options: { resources: { type: 'string', default: '1000' }, 'idle-ms': { type: 'string', default: '30000' } },
})

const users = [{ name: 'ui', groups: ['system:masters'], token: 'ui-only-for-this-run' }]
await using plane = await startControlPlane({ audit: true, controllerManager: false, users })
await installCrds(plane.request, crds())
const browser = await openChromium()
try {
  for (const text of values.resources.split(',')) console.log(JSON.stringify(await measured(Number(text))))
} finally {
  await browser.close()
}

async function measured(resources: number): Promise<object> {
  const namespace = `ui-${resources}`
  await createReported(plane.request, namespace, resources)
  const startMs = performance.now()
  await using ui = await startUi(plane.kubeconfigPathOf('ui'), namespace)
  const linkMs = performance.now() - startMs
  const { page, firstPaintMs, firstDataMs, allDataMs } = await openPage(browser, ui.url, resources)
  const afterLoad = await memoryOf(ui.pid)
  const scrolled = await scrollTable(page)
  await page.evaluate((name) => {
    location.hash = `#/resources?q=${name}`
  }, nameOf(1))
  const latencies = await changeLatencies(
    page,
    Array.from({ length: CHANGES }, (_, index) => async () => {
      const message = `change ${index} of the benchmark`
      await report(plane.request, namespace, 1, message)
      return message
    }),
  )
  const log = await AuditLog.fromNow(plane.auditLogPath ?? '')
  const idleMs = Number(values['idle-ms'])
  await new Promise((resolve) => setTimeout(resolve, idleMs))
  const idle = (await log.take('ui')).filter(({ verb }) => verb !== 'watch')
  const tab = await tabMemory(browser, page)
  const server = await memoryOf(ui.pid)
  await page.close()
  return {
    resources,
    linkMs: Math.round(linkMs),
    firstPaintMs: Math.round(firstPaintMs),
    firstDataMs: Math.round(firstDataMs),
    allDataMs: Math.round(allDataMs),
    latencyMs: { median: latencies[Math.floor(CHANGES / 2)], max: latencies.at(-1) },
    ...scrolled,
    serverMib: { loaded: afterLoad.nowMib, idle: server.nowMib, peak: server.peakMib },
    tabMib: { heap: tab.heapMib, process: tab.rssMib },
    requestsPerIdleMinute: Math.round((idle.length * MINUTE_MS) / idleMs),
  }
}
