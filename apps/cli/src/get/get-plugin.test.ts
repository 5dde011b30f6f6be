import { describe, expect, it } from 'vitest'
import { folderWith } from '../testing/files.ts'
import { MEMORY_PACKAGE } from '../testing/memory-package.ts'
import { CANARY, type Ran, run } from '../testing/run.ts'

const PACKAGE = ['--backend-package', '@example/memory']

async function get(...argv: readonly string[]): Promise<Ran> {
  const cwd = await folderWith(MEMORY_PACKAGE)
  return run(['get', 'app/db', '--plugin-dir', cwd, ...argv], { cwd, env: { PREFIX: 'p-' }, mayShow: true })
}

describe('acksm get through a backend package', () => {
  it('prints what the package reads, with its config and the environment', async () => {
    const ran = await get(...PACKAGE, '--plugin-config', '{"part":"one"}')
    expect(ran).toMatchObject({ code: 0, out: `p-${CANARY}-one-app/db`, err: '' })
  })

  it.each<[string, readonly string[], number, RegExp]>([
    ['a config that the package rejects', [...PACKAGE], 2, /config\.part: expected a text/],
    ['a missing package', ['--backend-package', '@example/none'], 2, /backend package "@example\/none": not found/],
    [
      'a config that is not JSON',
      [...PACKAGE, '--plugin-config', CANARY],
      2,
      /--plugin-config: expected a JSON object/,
    ],
    ['a config that is a list', [...PACKAGE, '--plugin-config', '[]'], 2, /--plugin-config: expected a JSON object/],
    [
      'an additional Alibaba Cloud identity',
      [...PACKAGE, '--auth', 'rrsa'],
      2,
      /--auth cannot be combined with --backend-/,
    ],
    [
      'another provider with it',
      [...PACKAGE, '--provider', 'oos'],
      2,
      /--provider cannot be combined with --backend-package/,
    ],
    ['a config without a package', ['--plugin-config', '{}'], 2, /--plugin-config needs --backend-package/],
  ])('refuses %s', async (_what, argv, code, message) => {
    const ran = await get(...argv)
    expect([ran.code, ran.out, ran.err]).toEqual([code, '', expect.stringMatching(message)])
  })

  it('reports a package that does not load once, and waits for it no longer than --timeout', async () => {
    const cwd = await folderWith({
      'node_modules/endless/package.json': '{"name":"endless","type":"module"}',
      'node_modules/endless/index.js': 'await new Promise(() => {})',
    })
    const argv = ['get', 'app/db', '--backend-package', 'endless', '--plugin-dir', cwd, '--timeout', '1s']
    expect(await run(argv, { cwd })).toMatchObject({
      code: 2,
      err: 'acksm: package: backend package "endless": its code was not ready within 1000 ms\n',
    })
  })
})
