import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')

describe('the example of the README', () => {
  it('matches this example', () => {
    expect(/```ts\n(.*?)```/s.exec(read('../README.md'))?.[1]).toBe(read('./readme.example.ts'))
  })

  it('shows the value before and after the rotation', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await import('./readme.example.ts')
    expect(log.mock.calls.flat()).toEqual(['correct horse', 'battery staple', 'v2'])
    log.mockRestore()
  })
})
