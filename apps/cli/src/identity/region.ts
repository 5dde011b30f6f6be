import { FLAG_PATTERNS } from '@ack-secret-manager/command-line'
import { InputError } from '../input-error.ts'

const VARIABLE = 'ALIBABA_CLOUD_REGION_ID'
const DEFAULT_REGION = 'cn-hangzhou'

/** Where the region of a command can be set. */
export interface RegionSources {
  /** `--region`, or its variable. */
  readonly flag: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** Region of the profile whose identity is used. */
  readonly profile: string | undefined
}

/** The region of a command. @throws InputError */
export function regionOf({ flag, env, profile }: RegionSources): string {
  if (flag !== undefined) return flag
  const variable = env[VARIABLE]?.trim() ?? ''
  if (variable === '') return profile ?? DEFAULT_REGION
  if (!FLAG_PATTERNS.region.pattern.test(variable)) {
    throw new InputError([`${VARIABLE}: expected a region such as cn-hangzhou`])
  }
  return variable
}
