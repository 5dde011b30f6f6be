import { fileURLToPath } from 'node:url'
import { buildGoProgram } from '@ack-secret-manager/chart/programs/build-go-program'

/** The Go module of both programs. */
const MODULE = fileURLToPath(new URL('../../go/', import.meta.url))
const BUILD_DEADLINE_MS = 40 * 60_000

/** Path of a program of the module; the build takes about a minute for the registry, and four for cosign. */
export function goProgram(name: 'registry' | 'cosign'): Promise<string> {
  return buildGoProgram(MODULE, name, BUILD_DEADLINE_MS)
}
