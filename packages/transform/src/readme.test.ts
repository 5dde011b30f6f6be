import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { TRANSFORM_LIMITS } from './limits.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(`${home}/README.md`, 'utf8')

it('the example of the README runs as it stands and prints what it says', async () => {
  const [source, output] = ['ts', 'text'].map(
    (kind) => new RegExp(`\`\`\`${kind}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1],
  )
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@ack-secret-manager/source', '--input-type=module-typescript', '--eval', source ?? ''],
    { cwd: home },
  )
  expect(stdout).toBe(output)
})

it('the limits in the README are those of the code', () => {
  const rows = [...readme.matchAll(/^\| `(\w+)` +\| +([\d,]+) +\|/gm)]
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value?.replaceAll(',', ''))]))).toEqual(
    TRANSFORM_LIMITS,
  )
})
