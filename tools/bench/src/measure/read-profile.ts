import { readdir, readFile } from 'node:fs/promises'
import { SourceMap, type SourceMapPayload } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { OPERATOR } from '@ack-secret-manager/testenv'
import { bundleModules, type CpuProfile, type ProfileSummary, summarizeProfile } from './cpu-profile.ts'

export type { ProfileSummary } from './cpu-profile.ts'

/** Reads the profile that `node --cpu-prof` of the operator's bundle wrote to a folder. @throws Error if there is none */
export async function readProfile(folder: string): Promise<ProfileSummary> {
  const file = (await readdir(folder)).find((name) => name.endsWith('.cpuprofile'))
  if (file === undefined) throw new Error('the operator has left no profile')
  const profile = JSON.parse(await readFile(path.join(folder, file), 'utf8')) as CpuProfile
  const maps = new Map<string, SourceMap>()
  for (const name of await readdir(OPERATOR.folder)) {
    if (!name.endsWith('.js.map')) continue
    const payload = JSON.parse(await readFile(path.join(OPERATOR.folder, name), 'utf8')) as SourceMapPayload
    maps.set(pathToFileURL(path.join(OPERATOR.folder, name.slice(0, -'.map'.length))).href, new SourceMap(payload))
  }
  return summarizeProfile(profile, bundleModules(maps))
}
