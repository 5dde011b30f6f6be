import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runProgram } from '@ack-secret-manager/chart/programs/run-program'

/** Settings that select the registry, without credentials, because the lockfile's packages are public. */
const SETTINGS = ['registry', 'proxy', 'https-proxy', 'noproxy', 'strict-ssl'] as const
const CA_IN_BUILD = '/run/npm-ca.pem'

type NpmConfig = Readonly<Record<string, string | boolean | string[] | null>>

async function npmConfig(): Promise<NpmConfig> {
  return JSON.parse(await runProgram('npm', ['config', 'list', '--json'])) as NpmConfig
}

function linesOf(config: NpmConfig, names: readonly string[]): string[] {
  return names
    .map((name) => [name, config[name]] as const)
    .filter(([, value]) => value !== null && value !== undefined && String(value) !== '')
    .map(([name, value]) => `${name}=${String(value)}`)
}

/** Lines of an npmrc with which another user of this machine reaches the same registry. */
export async function registrySettings(): Promise<string[]> {
  return linesOf(await npmConfig(), [...SETTINGS, 'cafile'])
}

/**
 * Volumes with this machine's npm settings and cache for a build; none of them becomes part of the image. @param directory for a file that
 * must exist during the build
 */
export async function npmVolumes(directory: string): Promise<string[]> {
  const config = await npmConfig()
  const { cafile, cache } = config
  const lines = linesOf(config, SETTINGS)
  if (typeof cafile === 'string') lines.push(`cafile=${CA_IN_BUILD}`)
  const npmrc = path.join(directory, 'npmrc')
  await writeFile(npmrc, lines.map((line) => `${line}\n`).join(''))
  return [
    `${npmrc}:/root/.npmrc:ro`,
    ...(typeof cafile === 'string' ? [`${cafile}:${CA_IN_BUILD}:ro`] : []),
    ...(typeof cache === 'string' ? [`${cache}:/root/.npm`] : []),
  ]
}
