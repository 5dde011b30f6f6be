import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'tsup'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { application } from './application.ts'
import { NOTICES } from './third-party-notices.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'notices-'))
})
afterEach(() => rmSync(home, { recursive: true }))

interface Toy {
  readonly manifest?: object
  /** File name → text. */
  readonly files?: Readonly<Record<string, string>>
}

/** Installs a package that exports `used` and `unused`. */
function install(name: string, { manifest = {}, files = {} }: Toy): void {
  const directory = path.join(home, 'node_modules', name)
  mkdirSync(directory, { recursive: true })
  const all = { version: '1.2.3', type: 'module', main: 'index.js', sideEffects: false, ...manifest }
  writeFileSync(path.join(directory, 'package.json'), JSON.stringify({ name, ...all }))
  const code = `export const used = () => console.log('${name}'); export const unused = 1`
  for (const [file, text] of Object.entries({ 'index.js': code, ...files }))
    writeFileSync(path.join(directory, file), text)
}

/** Builds a program that uses those packages. @returns its notices */
async function noticesFor(names: readonly string[], more = ''): Promise<string> {
  const imports = names.map((name, index) => `import { used as used${index} } from '${name}'\nused${index}()`)
  const entry = path.join(home, 'program.js')
  writeFileSync(entry, [...imports, more].join('\n'))
  const outDir = path.join(home, 'dist')
  await build({ ...application({ entry: [entry], outDir }), config: false })
  expect(readdirSync(outDir).toSorted()).toEqual([NOTICES, 'program.js', 'program.js.map'])
  return readFileSync(path.join(outDir, NOTICES), 'utf8')
}

const MIT_IN_README = `# x\n\nLicense\n-------\n\nCopyright &lt;Ann&gt;\n\nPermission is hereby granted, by Ann.\n`

describe('the notices of a bundle', () => {
  it.each<[string, Toy, readonly string[]]>([
    [
      'the licence file',
      { manifest: { license: 'ISC' }, files: { LICENSE: 'ann’s\r\nterms\n' } },
      ['toy 1.2.3 (ISC)\n\nann’s\nterms\n'],
    ],
    ['an additional NOTICE', { files: { 'license.md': 'terms', NOTICE: 'thanks' } }, ['\nthanks\n\nterms\n']],
    [
      'the terms in a README',
      { manifest: { license: 'MIT' }, files: { 'README.md': MIT_IN_README } },
      ['(MIT)\n\nCopyright <Ann>\n\nPermission is hereby granted, by Ann.\n'],
    ],
    [
      'the standard text of the named licence, with the README, for a package without a text',
      {
        manifest: { license: 'MIT', author: { name: 'Ann' } },
        files: { 'readme.md': '## License\nThe MIT one.\n\n## More\nx\n' },
      },
      ['(MIT)\n\nThe MIT one.\n\nCopyright (c) Ann\n\nPermission is hereby granted'],
    ],
    [
      'the standard text of ISC',
      { manifest: { license: 'ISC', author: 'Ann <ann@example.com>' } },
      ['(ISC)\n\nCopyright (c) Ann\n\nPermission to use, copy'],
    ],
    [
      'the standard text of Apache-2.0',
      { manifest: { license: 'Apache-2.0' } },
      ['Apache License\n', 'END OF TERMS AND CONDITIONS\n'],
    ],
  ])('contain %s', async (_what, toy, expected) => {
    install('toy', toy)
    const notices = await noticesFor(['toy'])
    for (const text of expected) expect(notices).toContain(text)
    expect(notices).not.toContain('ack-secret-manager authors')
  })

  it('group packages with one text, in order, and omit unused packages', async () => {
    for (const name of ['b', '@scope/a', 'shaken'])
      install(name, { manifest: { license: 'MIT' }, files: { LICENSE: 'same' } })
    const notices = await noticesFor(['b', '@scope/a'], `import { unused } from 'shaken'`)
    expect(notices).toContain('\n@scope/a 1.2.3 (MIT)\nb 1.2.3 (MIT)\n\nsame\n')
    expect(notices).not.toContain('shaken')
    expect(await noticesFor(['@scope/a', 'b'], '')).toBe(notices)
  })

  it('keep licence comments of sources', async () => {
    install('toy', {
      files: { LICENSE: 'terms', 'index.js': '/*! by José */ export const used = () => console.log(1)' },
    })
    expect(await noticesFor(['toy'])).toMatch(/toy\/index\.js:\n {2}\/\*! by José \*\/\n$/)
  })

  it.each([
    ['a package without a licence', {}, 'toy: no licence file, and no text is known for ""'],
    [
      'one whose licence has no text',
      { manifest: { license: 'X' } },
      'toy: no licence file, and no text is known for "X"',
    ],
  ])('fail the build for %s', async (_what, toy, message) => {
    install('toy', toy)
    await expect(noticesFor(['toy'])).rejects.toThrow(message)
  })
})
