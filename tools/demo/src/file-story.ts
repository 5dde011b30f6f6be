import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Program, type SimulatorProcess, until } from '@ack-secret-manager/testenv'
import { QUICKSTART } from './examples.ts'
import type { Narrator } from './narrator.ts'

const ACKSM = fileURLToPath(new URL('../../../apps/cli/bin/acksm.mjs', import.meta.url))

/** The same use case without a cluster: `acksm` keeps files equal to KMS. */
export async function tellFileStory(narrator: Narrator, simulator: SimulatorProcess): Promise<void> {
  const parent = await mkdtemp(path.join(tmpdir(), 'acksm-demo-'))
  const out = path.join(parent, 'out')
  const read = async (key: string): Promise<string | undefined> => {
    try {
      return await readFile(path.join(out, 'default', 'shop', key), 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }
  const args = ['sync', '-f', QUICKSTART, '--out', out, '--watch', '--polling-interval', '5s']
  const endpoint = ['--endpoint', simulator.endpoint, '--allow-endpoint', simulator.endpoint]
  try {
    narrator.step('acksm writes files instead of Secrets')
    narrator.show('acksm sync -f examples/quickstart --out out --watch')
    await using acksm = Program.start({
      name: 'acksm',
      script: ACKSM,
      args: [...args, ...endpoint],
      env: { NODE_EXTRA_CA_CERTS: simulator.caFile },
    })
    const first = await until('the files appear', async () => (await read('db-password')) || undefined)
    narrator.result(`out/default/shop/db-password holds ${first}`)

    narrator.step('The password is rotated in KMS')
    const startMs = performance.now()
    await simulator.put('shop/db', '{"username":"shop","password":"second-password","port":5432}', 'v2')
    await until('the file follows', async () => (await read('db-password')) === 'second-password' || undefined)
    narrator.result(`the file follows ${Math.round(performance.now() - startMs)} ms later`)

    narrator.step('KMS fails every request')
    await simulator.control('POST', '/faults', { match: {}, fault: 'http503' })
    const before = (await simulator.calls()).total
    await until('KMS has refused some reads', async () => (await simulator.calls()).total - before >= 3 || undefined)
    narrator.result(`the last value stays: ${await read('db-password')}`)
    await acksm.stop()
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
}
