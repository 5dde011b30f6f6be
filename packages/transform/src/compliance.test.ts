import { isDeepStrictEqual } from 'node:util'
import { isSecretSyncError } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { compilePath } from './path/compile-path.ts'
import type { DocumentNode } from './documents/document.ts'
import { parseJson } from './documents/json-parser.ts'
import { compactJson } from './documents/node-bytes.ts'
import { PathFailure } from './path/path-failure.ts'
import { findGoSuite, type SuiteFile } from './testing/go-compliance-suite.ts'
import { WorkBudget } from './work-budget.ts'

/** Cases of go-jmespath v0.4.0. */
const CASES = 862

/** The cases of one document, in the format of the suite. */
interface Group {
  readonly given: unknown
  readonly cases: ReadonlyArray<{ readonly expression: string; readonly result?: unknown; readonly error?: string }>
}

const suite = findGoSuite()
const mayBeAbsent = process.env['CI'] !== 'true'
const reason = suite.kind === 'absent' ? suite.reason : ''
if (reason !== '') process.stderr.write(`transform: ${reason}: go-jmespath's compliance suite is not run\n`)

describe('the compliance suite of go-jmespath', () => {
  it.skipIf(suite.kind === 'absent' && mayBeAbsent)(
    `is complete${reason === '' ? '' : ` (not run: ${reason})`}`,
    () => {
      expect(suite).toMatchObject({ kind: 'found' })
      const count = filesOf().reduce((sum, file) => sum + casesOf(file).length, 0)
      process.stdout.write(`go-jmespath's compliance suite: ${count} cases\n`)
      expect(count).toBe(CASES)
    },
  )

  it.each(filesOf())('$name', (file) => {
    const differing = casesOf(file).filter(({ given, expression, result, error }) => {
      const outcome = outcomeOf(given, expression)
      return error === undefined ? !isDeepStrictEqual(outcome, { result: result ?? null }) : !('error' in outcome)
    })
    expect(differing).toEqual([])
  })
})

function filesOf(): readonly SuiteFile[] {
  return suite.kind === 'found' ? suite.files : []
}

function casesOf({ text }: SuiteFile): Array<Group['cases'][number] & { readonly given: unknown }> {
  const groups = JSON.parse(text) as Group[]
  return groups.flatMap(({ given, cases }) => cases.map((one) => ({ ...one, given })))
}

function outcomeOf(given: unknown, expression: string): { result: unknown } | { error: string } {
  try {
    const document: DocumentNode = parseJson(JSON.stringify(given))
    const { evaluate } = compilePath(expression, 'path')
    return { result: JSON.parse(compactJson(evaluate(document, new WorkBudget().paths))) as unknown }
  } catch (error) {
    if (error instanceof PathFailure || isSecretSyncError(error)) return { error: error.message }
    throw error
  }
}
