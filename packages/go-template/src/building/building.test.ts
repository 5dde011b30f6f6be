import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, expect, it } from 'vitest'
import { CASE_FILES, CASES_DIRECTORY } from '../testing/cases.ts'
import { buildWasm, sha256 } from './build-wasm.ts'
import { go, whyNoGo } from './go-toolchain.ts'
import { licenses } from './licenses.ts'

const WHY_NOT = await whyNoGo()

/** Go is only required to change Go sources; CI must not skip the check. */
beforeEach(({ skip }) => {
  if (WHY_NOT === undefined) return
  if (process.env['CI'] === 'true') throw new Error(WHY_NOT)
  skip(WHY_NOT)
})

it('the committed engine equals a build from its sources with the pinned Go, byte for byte', async () => {
  const committed = readFileSync(new URL('../../wasm/go-template.wasm.sha256', import.meta.url), 'utf8')
  expect(`${sha256(await buildWasm())}  go-template.wasm\n`).toBe(committed)
}, 900_000)

it('the licences of its dependencies are in the same folder', async () => {
  const committed = readFileSync(new URL('../../wasm/go-template.wasm.LICENSES.txt', import.meta.url), 'utf8')
  expect(committed).toBe(await licenses())
}, 900_000)

it('the expected results of the test data equal those of Go', async () => {
  const copy = mkdtempSync(path.join(tmpdir(), 'go-template-'))
  try {
    cpSync(fileURLToPath(CASES_DIRECTORY), copy, { recursive: true })
    await go(['run', './cases', ...CASE_FILES.map((file) => path.join(copy, file))])
    for (const file of CASE_FILES) {
      expect(readFileSync(path.join(copy, file), 'utf8')).toBe(readFileSync(new URL(file, CASES_DIRECTORY), 'utf8'))
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}, 900_000)

it('the tests of the Go sources pass', async () => {
  await go(['vet', './engine', './cases'])
  expect(await go(['test', './engine'])).toContain('ok')
}, 900_000)
