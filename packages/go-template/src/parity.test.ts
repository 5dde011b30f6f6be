import { isSecretSyncError } from '@ack-secret-manager/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeRequest } from './encode-request.ts'
import { GoTemplateRenderer } from './go-template-renderer.ts'
import { CASE_FILES, casesOf, outputOf, requestOf, type TemplateCase } from './testing/cases.ts'
import { WasmEngine } from './wasm-engine.ts'
import { compileModule } from './wasm-module.ts'

const ALL = CASE_FILES.flatMap((file) => casesOf(file))
const { signal } = new AbortController()

/** Started by the first case. Deriving a password takes long on a loaded machine. */
const renderer = new GoTemplateRenderer({ renderTimeoutMs: 20_000 })
let engine: WasmEngine
beforeAll(async () => {
  engine = await WasmEngine.start(await compileModule())
})
afterAll(async () => renderer.close())

describe.each(CASE_FILES)('%s: same result as Go', (file) => {
  it.each(casesOf(file))('$name', async (each) => {
    const expected = outputOf(each)
    const outcome = await renderer.render(requestOf(each), { signal }).then(
      ([output]) => output?.expose(),
      (error: unknown) => error,
    )
    if (expected) {
      expect(outcome).toBeInstanceOf(Uint8Array)
      expect(Buffer.from(outcome as Uint8Array).equals(expected)).toBe(true)
      return
    }
    expect(outcome).toMatchObject({ code: 'TemplateError', facts: { field: each.name }, message: messageOf(each) })
    const [verbose] = engine.render(encodeRequest(requestOf(each), { verbose: true }), 1)
    expect(verbose).toMatchObject({ kind: 'failure', fullText: each.error })
    expectNoValueIn(outcome, each)
  })
})

it('every case has a unique name in its file', () => {
  expect(ALL.length).toBeGreaterThan(800)
  for (const file of CASE_FILES) {
    const names = casesOf(file).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  }
})

it('every function has at least two cases, and every unavailable function has one', () => {
  const used = new Map<string, number>()
  for (const { template } of ALL) {
    for (const word of new Set(template.match(/\w+/g))) used.set(word, (used.get(word) ?? 0) + 1)
  }
  const rare = [...engine.functions()].filter(([name, whyNot]) => (used.get(name) ?? 0) < (whyNot === '' ? 2 : 1))
  expect(rare).toEqual([])
})

it('a request that is not verbose gets no message of Go that may contain a value', () => {
  for (const each of ALL.filter(({ error }) => error !== undefined)) {
    const [result] = engine.render(encodeRequest(requestOf(each)), 1)
    expect(result).not.toHaveProperty('fullText')
  }
})

function messageOf({ name, line = 0, column = 0, problem = '' }: TemplateCase): string {
  // The engine reports the remaining size for one output, the renderer the limit for all.
  const why =
    problem === 'the output is over its limit'
      ? 'the outputs of all templates together are larger than 1048576 bytes'
      : problem
  return `${name}${line > 0 ? `, line ${line}` : ''}${column > 0 ? `, column ${column}` : ''}: ${why}`
}

function expectNoValueIn(error: unknown, each: TemplateCase): void {
  if (!isSecretSyncError(error)) throw new Error('not an error')
  expect(error.cause).toBeUndefined()
  // Names in the template itself, such as a key `a`, are not confidential.
  const values = [...Object.values(each.data ?? {}), 's3cr3t', 'hunter2'].filter((value) => value.length > 3)
  for (const value of values) expect(error.message.replace(each.name, '')).not.toContain(value)
}
