import { expect, it } from 'vitest'
import { runSuiteStep, VITEST } from './suite.ts'
import { WorkspaceCopy } from './workspace-copy.ts'

/** Unit tests that read files outside of packages and apps. */
const READERS = ['e2e/conformance/src/scenarios.test.ts', 'apps/operator/src/observability/logs-page.test.ts']

it('contains all files that tests read', async () => {
  await using copy = await WorkspaceCopy.make()
  const stage = {
    name: 'readers',
    script: VITEST,
    args: ['run', '--project=unit', '--reporter=dot', ...READERS],
    deadlineMs: 300_000,
  }
  const { result, output } = await runSuiteStep(stage, {
    directory: copy.directory,
    signal: new AbortController().signal,
  })
  expect({ result, output }).toMatchObject({ result: 'passed' })
}, 360_000)
