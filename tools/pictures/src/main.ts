import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { startControlPlane } from '@ack-secret-manager/control-plane'
import { apply, defineTool, runTool, type TestNamespace, UsageError } from '@ack-secret-manager/testenv'
import { runForDashboard } from './dashboard/dashboard-run.ts'
import { drawDashboard } from './dashboard/draw-dashboard.ts'
import { FILES, PICTURES } from './picture-files.ts'
import { recordDemo } from './stories/demo-story.ts'
import { recordStatus } from './stories/status-story.ts'
import { writeAsciicast } from './terminal/asciicast.ts'
import { drawDemo, drawStatus } from './terminal/draw-cast.ts'

/** Long enough that an outage shows in every panel. */
const DASHBOARD_PLAN = { calm: 15, rotations: 20, outage: 30, recovery: 25, handover: 20 }

type Files = ReadonlyArray<readonly [file: URL, content: string | Uint8Array]>

/** How to make each picture. The status, with the page of the same moment, comes first, because it shows the whole cluster. */
const MAKERS: Readonly<Record<string, (cluster: TestNamespace) => Promise<Files>>> = {
  status: async (cluster) => {
    const { status, page } = await recordStatus(cluster)
    return [
      [FILES.statusCast, writeAsciicast(status)],
      [FILES.status, await drawStatus(status)],
      [FILES.page, page],
    ]
  },
  demo: async (cluster) => {
    const cast = await recordDemo(cluster)
    return [
      [FILES.demoCast, writeAsciicast(cast)],
      [FILES.demo, await drawDemo(cast)],
    ]
  },
  dashboard: async (cluster) => {
    // Apart from the resources of the demo.
    const namespace = 'dashboard'
    await apply(cluster.request, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    return [[FILES.dashboard, drawDashboard(await runForDashboard({ ...cluster, namespace }, DASHBOARD_PLAN))]]
  },
}

const TOOL = defineTool({
  name: 'pictures',
  description: 'Makes the pictures of the documentation from real runs.',
  examples: [
    ['npm run pictures', 'all of them, in five minutes'],
    ['npm run pictures -- --only demo', 'one of them'],
  ],
  note: `Pictures: ${Object.keys(MAKERS).join(', ')}.`,
  flags: { only: { kind: 'text', value: 'NAME,…', help: 'only these pictures' } },
  options: ({ only }) => {
    const names = only?.split(',') ?? Object.keys(MAKERS)
    const unknown = names.find((name) => MAKERS[name] === undefined)
    if (unknown !== undefined) throw new UsageError(`--only ${unknown}: no picture has that name`)
    return names
  },
  scratch: true,
})

async function makePictures(names: readonly string[]): Promise<number> {
  await mkdir(PICTURES, { recursive: true })
  await using plane = await startControlPlane({ controllerManager: false })
  const { request, kubeconfigPath } = plane
  for (const [name, make] of Object.entries(MAKERS)) {
    if (!names.includes(name)) continue
    for (const [file, content] of await make({ request, kubeconfigPath, namespace: 'default' })) {
      await writeFile(file, content)
      process.stdout.write(`${path.basename(file.pathname)}  ${Math.ceil(content.length / 1_024)} KiB\n`)
    }
  }
  return 0
}

await runTool(TOOL, makePictures)
