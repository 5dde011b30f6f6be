import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { cachedDirectory } from '@ack-secret-manager/control-plane'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'

/** A module that pins promtool, and with go.sum the sources of all its dependencies. */
const MODULE = fileURLToPath(new URL('../../go/', import.meta.url))
const PACKAGE = 'github.com/prometheus/prometheus/cmd/promtool'
/** Without the cloud clients for service discovery. */
const BUILD = ['build', '-trimpath', '-buildvcs=false', '-mod=readonly', '-tags=remove_all_sd', '-ldflags=-s -w']
const BUILD_DEADLINE_MS = 30 * 60_000

/**
 * Path of promtool, from the cache or built with Go, because neither npm nor PyPI has it. @throws Error if it cannot be built
 */
export async function promtoolBinary(): Promise<string> {
  const goMod = readFileSync(path.join(MODULE, 'go.mod'), 'utf8')
  const [, version = ''] = /^\tgithub\.com\/prometheus\/prometheus v(\S+)/m.exec(goMod) ?? []
  const { platform, arch } = process
  const entry = `promtool-${version}-${platform}-${arch}`
  const cached = await cachedDirectory('promtool', entry, async (directory, progress) => {
    progress.stage(`building ${version}`)
    const env = { CGO_ENABLED: '0', GOFLAGS: '', GOTOOLCHAIN: 'local' }
    const args = [...BUILD, '-o', path.join(directory, 'promtool'), PACKAGE]
    await runProgram('go', args, { cwd: MODULE, env, deadlineMs: BUILD_DEADLINE_MS })
    progress.done(`built ${version}`)
  })
  return path.join(cached, 'promtool')
}

if (import.meta.main) console.info(await promtoolBinary())
