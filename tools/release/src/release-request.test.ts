import { expect, it } from 'vitest'
import { releaseRequest } from './release-request.ts'

it.each([[[]], [['--help']], [['minor', '-h']], [['--dry-run', '--help']]])('%j asks for help', (argv) =>
  expect(releaseRequest(argv)).toEqual({ kind: 'help' }),
)

it.each([[['minor']], [['1.2.3', '--dry-run']], [['--dry-run', 'minor']], [['--dryrun']]])(
  '%j sets the version, which nx checks',
  (args) => expect(releaseRequest(args)).toEqual({ kind: 'version', args }),
)

it('--dry-run alone is the rehearsal', () => expect(releaseRequest(['--dry-run'])).toEqual({ kind: 'rehearsal' }))
