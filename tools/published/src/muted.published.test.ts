import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { ControlPlaneUnavailable, startControlPlane } from '@ack-secret-manager/control-plane'
import { crds } from '@ack-secret-manager/resources'
import { directoryOfTests } from '@ack-secret-manager/test-support/directories'
import {
  apply,
  installCrds,
  OperatorProcess,
  Program,
  readManifests,
  SimulatorProcess,
  until,
} from '@ack-secret-manager/testenv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pack } from './pack.ts'
import { ROOT, run, workspaces } from './workspaces.ts'

const QUICKSTART = path.join(ROOT, 'examples/quickstart')
/** `DEBUG` as a user may set it for another program; the HTTP client of the SDK then prints its requests. */
const DEBUG = { DEBUG: '*' }

describe('packed programs print no request if DEBUG is set', { timeout: 300_000 }, () => {
  const directory = directoryOfTests()
  let simulator: SimulatorProcess
  beforeAll(async () => {
    simulator = await SimulatorProcess.start(path.join(ROOT, 'examples/seeds/quickstart.yaml'))
  }, 120_000)
  afterAll(async () => {
    await simulator?.stop()
  }, 120_000)

  /** Unpacks a self-contained program. @returns the folder of the package */
  async function unpacked(app: string): Promise<string> {
    const workspace = workspaces().find(({ name }) => name === `@ack-secret-manager/${app}`)
    if (workspace === undefined) throw new Error(`there is no ${app}`)
    const folder = path.join(directory, app)
    await mkdir(folder)
    await run('tar', ['-xzf', await pack(workspace, directory), '--strip-components=1'], folder)
    return folder
  }

  it('acksm', async () => {
    const program = Program.start({
      name: 'acksm',
      script: path.join(await unpacked('cli'), 'bin/acksm.mjs'),
      args: ['get', 'shop/api-token', '--endpoint', simulator.endpoint],
      env: {
        ...DEBUG,
        NODE_EXTRA_CA_CERTS: simulator.caFile,
        ALIBABA_CLOUD_ACCESS_KEY_ID: 'LTAI5tQuickstart',
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'quickstart-only-not-a-real-secret',
      },
    })
    expect(await program.exited).toBe(0)
    expect(program.lines).toEqual(['token-one'])
  })

  it('ack-secret-manager', async (context) => {
    const cluster = await startControlPlane({ controllerManager: false }).catch((error: unknown) => {
      if (error instanceof ControlPlaneUnavailable && !error.goPresent && process.env['CI'] !== 'true')
        return context.skip(error.message)
      throw error
    })
    await using running = cluster
    const { request, kubeconfigPath } = running
    await installCrds(request, crds())
    for (const file of ['credentials.yaml', 'secret-store.yaml', 'external-secret.yaml']) {
      for (const object of await readManifests(path.join(QUICKSTART, file))) await apply(request, object)
    }
    const program = Program.start({
      name: 'ack-secret-manager',
      script: path.join(await unpacked('operator'), 'bin/ack-secret-manager.mjs'),
      args: [
        `--kubeconfig=${kubeconfigPath}`,
        `--kms-endpoint=${simulator.endpoint}`,
        '--metrics-bind-address=127.0.0.1:0',
        '--health-probe-bind-address=127.0.0.1:0',
      ],
      env: { ...DEBUG, NODE_EXTRA_CA_CERTS: simulator.caFile },
    })
    await using operator = await OperatorProcess.of(program)
    const token = await until('the Secret is there', async () => {
      const { body } = await request<{ data?: Readonly<Record<string, string>> }>(
        'GET',
        '/api/v1/namespaces/default/secrets/shop',
      )
      return body.data?.['api-token']
    })
    expect(Buffer.from(token, 'base64').toString()).toBe('token-one')
    expect(operator.program.lines.filter((line) => !line.startsWith('{'))).toEqual([])
  })
})
