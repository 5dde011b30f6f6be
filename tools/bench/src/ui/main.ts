import { type ControlPlane, startControlPlane } from '@ack-secret-manager/control-plane'
import { openChromium } from '@ack-secret-manager/debian/chromium'
import { crds } from '@ack-secret-manager/resources'
import { AuditLog, installCrds, runTool } from '@ack-secret-manager/testenv'
import type { Browser } from 'playwright-core'
import { UI_BENCH, type UiBenchOptions } from '../bench-options.ts'
import { changeLatencies, openPage, scrollTable, tabMemory } from './measure-page.ts'
import { createReported, nameOf, report } from './ui-cluster.ts'
import { memoryOf, startUi } from './ui-process.ts'

const CHANGES = 9
const MINUTE_MS = 60_000

async function run({ resources, idleMs }: UiBenchOptions): Promise<number> {
  const users = [{ name: 'ui', groups: ['system:masters'], token: 'ui-only-for-this-run' }]
  await using plane = await startControlPlane({ audit: true, controllerManager: false, users })
  await installCrds(plane.request, crds())
  const browser = await openChromium()
  try {
    for (const count of resources) console.log(JSON.stringify(await measured({ plane, browser, idleMs }, count)))
  } finally {
    await browser.close()
  }
  return 0
}

interface Parts extends Pick<UiBenchOptions, 'idleMs'> {
  readonly plane: ControlPlane
  readonly browser: Browser
}

async function measured({ plane, browser, idleMs }: Parts, resources: number): Promise<object> {
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

await runTool(UI_BENCH, run)
