import { expect, it } from 'vitest'
import { rehearsalSteps } from './rehearse.ts'

it('builds first, then tests packages and chart and image, and skips nothing', () => {
  const [build, ...tests] = rehearsalSteps()
  expect(build).toMatchObject({ command: 'npm', args: ['run', 'build'] })
  expect(tests.map(({ args }) => args)).toEqual([
    ['run', '--project', 'published', 'e2e/publish'],
    ['run', '--project', 'cluster', 'e2e/publish'],
  ])
  for (const { command, env } of tests)
    expect([command, env]).toEqual(['vitest', { PUBLISH: 'all', IMAGE_TEST: 'required', CI: 'true' }])
})
