import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import type { TestCase, TestModule, TestSuite } from 'vitest/node'
import { StepReporter } from './step-reporter.ts'

/** The parts of a test that the reporter reads. */
function testCase(state: string, annotations: readonly object[] = [], errors: readonly object[] = []): TestCase {
  return {
    fullName: 'a registry > publishes',
    result: () => ({ state, errors }),
    diagnostic: () => ({ duration: 1_240 }),
    annotations: () => annotations,
  } as unknown as TestCase
}

it('prints a line for each test, with its annotations, and keeps these in a file', async () => {
  await using directory = await mkdtempDisposable(path.join(tmpdir(), 'acksm-steps-'))
  const file = path.join(directory.path, 'annotations')
  const lines: string[] = []
  const reporter = new StepReporter({ write: (text) => lines.push(text), annotations: file })
  reporter.onTestCaseResult(testCase('passed', [{ type: 'published', message: 'npm: 28 packages' }]))
  reporter.onTestCaseResult(testCase('skipped'))
  expect(lines).toEqual([
    '✓ a registry: publishes (1.2 s)\n',
    '    npm: 28 packages\n',
    '- a registry: publishes (skipped)\n',
  ])
  expect(await readFile(file, 'utf8')).toBe('{"type":"published","message":"npm: 28 packages"}\n')
})

it('prints errors of tests, hooks, files and the run', () => {
  const lines: string[] = []
  const reporter = new StepReporter({ write: (text) => lines.push(text) })
  const printError = (error: { readonly message: string }): void => void lines.push(error.message)
  reporter.onInit({ logger: { printError } } as unknown as Parameters<StepReporter['onInit']>[0])
  reporter.onTestCaseResult(testCase('failed', [], [{ message: 'of the test' }]))
  reporter.onTestSuiteResult({ errors: () => [{ message: 'of a hook' }] } as unknown as TestSuite)
  reporter.onTestModuleEnd({ errors: () => [{ message: 'of a file' }] } as unknown as TestModule)
  reporter.onTestRunEnd([], [{ message: 'of the run' }] as never)
  expect(lines).toEqual(['✗ a registry: publishes (1.2 s)\n', 'of the test', 'of a hook', 'of a file', 'of the run'])
})
