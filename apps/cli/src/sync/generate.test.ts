import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { folderWith, treeOf } from '../testing/files.ts'
import { externalSecretYaml } from '../testing/manifests.ts'
import { run } from '../testing/run.ts'

const web = (password: object = {}, more: object = {}): string =>
  externalSecretYaml('web', { generate: [{ name: 'password', password }], ...more })

/** The only file of the output. */
async function passwordIn(cwd: string): Promise<string> {
  const files = Object.entries(await treeOf(path.join(cwd, 'out'))).filter(([name]) => name.endsWith('/web/password'))
  expect(files).toHaveLength(1)
  return String(files[0]?.[1])
}

describe('spec.generate', () => {
  it('is generated into a directory once, and kept by later runs', async () => {
    const cwd = await folderWith({ 'web.yaml': web() })
    const sync = () => run(['sync', '-f', 'web.yaml', '--out', 'out'], { cwd })
    const first = await sync()
    const password = await passwordIn(cwd)
    expect([first.code, password]).toEqual([0, expect.stringMatching(/^[A-Za-z0-9]{32}$/)])
    await writeFile(path.join(cwd, 'web.yaml'), web({ length: 64 }))
    const second = await sync()
    expect([second.code, await passwordIn(cwd)]).toEqual([0, password])
    await writeFile(path.join(cwd, 'web.yaml'), web({ length: 64, onSettingsChange: 'Generate' }))
    await sync()
    expect(await passwordIn(cwd)).toHaveLength(64)
    for (const { out, err } of [first, second]) expect(out + err).not.toContain(password)
  })

  it('is no difference while it is kept', async () => {
    const cwd = await folderWith({ 'web.yaml': web() })
    const diff = () => run(['diff', '-f', 'web.yaml', '--out', 'out'], { cwd })
    const first = await diff()
    expect([first.code, first.out]).toEqual([1, expect.stringContaining('  + password  generated password\n')])
    await run(['sync', '-f', 'web.yaml', '--out', 'out'], { cwd })
    expect((await diff()).code).toBe(0)
    await writeFile(path.join(cwd, 'web.yaml'), web({ length: 64, onSettingsChange: 'Generate' }))
    const second = await diff()
    expect([second.code, second.out]).toEqual([
      1,
      expect.stringContaining('  ~ password  generated password (new value)\n'),
    ])
  })

  it.each([['human'], ['json']])(
    'is a placeholder in a preview as %s, which is always the same and cannot be applied',
    async (output) => {
      const target = { template: { data: { url: 'amqp://web:{{ .password }}@queue' } } }
      const cwd = await folderWith({ 'web.yaml': web({}, { target }) })
      const render = (...more: string[]) => run(['render', '-f', 'web.yaml', '--output', output, ...more], { cwd })
      const { code, out } = await render('--show-values')
      const secret = parse(out) as { items?: [object] }
      expect([code, secret.items?.[0] ?? secret]).toEqual([
        0,
        expect.objectContaining({
          data: { password: '<generated password>' },
          stringData: { url: 'amqp://web:<generated password>@queue' },
        }),
      ])
      expect(await render('--show-values')).toMatchObject({ code, out })
      expect((await render()).out).not.toContain('amqp')
    },
  )

  it('is a placeholder for a token too, without a store that hands it out', async () => {
    const stsToken = { secretStoreRef: { name: 'none' }, roleArn: 'acs:ram::1234567890123456:role/upload' }
    const cwd = await folderWith({
      'web.yaml': externalSecretYaml('web', { generate: [{ name: 'session', stsToken }] }),
    })
    const { code, out } = await run(['render', '-f', 'web.yaml', '--show-values'], { cwd })
    expect([code, out]).toEqual([0, expect.stringContaining('session: <generated sts token>')])
    const { code: synced, out: line } = await run(['sync', '-f', 'web.yaml', '--out', 'out'], { cwd })
    expect([synced, line]).toEqual([1, expect.stringContaining('StoreNotFound')])
  })

  it('is refused by exec, which keeps nothing', async () => {
    const cwd = await folderWith({ 'web.yaml': web() })
    const { code, err } = await run(['exec', '-f', 'web.yaml', '--', 'true'], { cwd })
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('spec.generate[0]: generated values are not supported here'),
    ])
  })

  it('is refused with settings that no password has', async () => {
    const cwd = await folderWith({ 'web.yaml': web({ alphabet: '0123456789', classes: ['Upper'] }) })
    const { code, out } = await run(['sync', '-f', 'web.yaml', '--out', 'out'], { cwd })
    expect([code, out]).toEqual([
      1,
      expect.stringContaining('spec.generate[0].password.alphabet: it has no character of the class Upper'),
    ])
  })
})
