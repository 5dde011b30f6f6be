import { readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

it('README.md shows an example that runs', async () => {
  expect(/```ts\n(.*?)```/s.exec(read('../README.md'))?.[1]).toBe(read('./readme.example.ts'))
  using info = vi.spyOn(console, 'info').mockReturnValue()
  await import('./readme.example.ts')
  expect(info.mock.calls.flat()).toStrictEqual([
    'spec.data[0].vresionId: unknown field; did you mean "versionId"?',
    'Owner',
    '  name: externalsecrets.alibabacloud.com',
  ])
})
