import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'

/** Settings that select the registry, without credentials, because the lockfile's packages are public. */
const SETTINGS = ['registry', 'proxy', 'https-proxy', 'noproxy', 'strict-ssl'] as const
const CA_IN_BUILD = '/run/npm-ca.pem'

/**
 * Volumes with this machine's npm settings and cache for a build; none of them becomes part of the image. @param directory for a file that
 * must exist during the build
 */
export async function npmVolumes(directory: string): Promise<string[]> {
  const text = await runProgram('npm', ['config', 'list', '--json'])
  const config = JSON.parse(text) as Readonly<Record<string, string | boolean | string[] | null>>
  const { cafile, cache } = config
  const lines = SETTINGS.map((name) => [name, config[name]] as const)
    .filter(([, value]) => value !== null && value !== undefined && String(value) !== '')
    .map(([name, value]) => `${name}=${String(value)}\n`)
  if (typeof cafile === 'string') lines.push(`cafile=${CA_IN_BUILD}\n`)
  const npmrc = path.join(directory, 'npmrc')
  await writeFile(npmrc, lines.join(''))
  return [
    `${npmrc}:/root/.npmrc:ro`,
    ...(typeof cafile === 'string' ? [`${cafile}:${CA_IN_BUILD}:ro`] : []),
    ...(typeof cache === 'string' ? [`${cache}:/root/.npm`] : []),
  ]
}
