import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'
import { cachedDirectory } from '@ack-secret-manager/control-plane'

/** A module that pins actionlint, and with go.sum the sources of its dependencies. */
const MODULE = fileURLToPath(new URL('../go/', import.meta.url))
const PACKAGE = 'github.com/rhysd/actionlint'
const BUILD = ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-ldflags=-s -w']
const BUILD_DEADLINE_MS = 10 * 60_000

/** Path of actionlint, from the cache or built with Go in half a minute. @throws Error if it cannot be built */
export async function actionlintBinary(): Promise<string> {
  const goMod = readFileSync(path.join(MODULE, 'go.mod'), 'utf8')
  const [, version = ''] = /^\tgithub\.com\/rhysd\/actionlint v(\S+)/m.exec(goMod) ?? []
  const entry = `actionlint-${version}-${process.platform}-${process.arch}`
  const cached = await cachedDirectory('actionlint', entry, async (directory, progress) => {
    progress.stage(`building ${version}`)
    const env = { CGO_ENABLED: '0', GOFLAGS: '', GOTOOLCHAIN: 'local' }
    const args = [...BUILD, '-o', path.join(directory, 'actionlint'), `${PACKAGE}/cmd/actionlint`]
    await runProgram('go', args, { cwd: MODULE, env, deadlineMs: BUILD_DEADLINE_MS })
    progress.done(`built ${version}`)
  })
  return path.join(cached, 'actionlint')
}
