import { readFileSync } from 'node:fs'
import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { expect, it } from 'vitest'
import { TRANSFORM_LIMITS } from './limits.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

it('the example of the README runs unchanged and prints the documented output', async () => {
  expect(await readmeExample(import.meta.url).run()).toBe(/```text\n([\s\S]*?)```/.exec(readme)?.[1])
})

it('the limits in the README equal those of the code', () => {
  const rows = [...readme.matchAll(/^\| `(\w+)` +\| +([\d,]+) +\|/gm)]
  expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value?.replaceAll(',', ''))]))).toEqual(
    TRANSFORM_LIMITS,
  )
})
