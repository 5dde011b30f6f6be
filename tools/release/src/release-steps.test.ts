import { expect, it } from 'vitest'
import { stepsOf } from './release-steps.ts'

it.each([[[]], [['--help']], [['minor', '-h']]])('%j asks for help', (argv) => expect(stepsOf(argv)).toBeUndefined())

it.each([[['minor']], [['1.2.3', '--dry-run']]])('%j sets the version', (argv) => {
  expect(stepsOf(argv)).toEqual([['nx', ['release', 'version', ...argv]]])
})

it('publishes everything to registries on this machine, with a new build', () => {
  const [build, tests, ...rest] = stepsOf(['--dry-run']) ?? []
  expect(build).toEqual(['npm', ['run', 'build']])
  expect(tests).toEqual(['vitest', expect.arrayContaining(['e2e/publish']), { PUBLISH: 'all', IMAGE_TEST: 'required' }])
  expect(rest).toEqual([])
})
