import { rehearse } from './rehearsal/rehearse.ts'
import { releaseRequest } from './release-request.ts'
import { runStep } from './run-step.ts'

const HELP = `Usage: npm run release -- VERSION [--dry-run]
       npm run release -- --dry-run

VERSION is major, minor, patch or a number. It is set everywhere; with --dry-run the changes are only shown.

Without VERSION, --dry-run publishes this checkout to registries on this machine, as it is: packages to Verdaccio, image and chart
to Distribution. It installs from them what users install, prints sizes and times, and deletes everything.
`

const request = releaseRequest(process.argv.slice(2))
if (request.kind === 'help') process.stdout.write(HELP)
else
  process.exitCode =
    request.kind === 'rehearsal'
      ? await rehearse()
      : await runStep({ command: 'nx', args: ['release', 'version', ...request.args] })
