import { type CommandCall, UsageError } from '@ack-secret-manager/command-line'
import { isSecretSyncError } from '@ack-secret-manager/core'
import { InputError } from '../input-error.ts'
import { type ManageSession, withManagement } from '../manage/with-management.ts'
import type { Answers } from './answers.ts'
import type { INIT_FLAGS } from './init-flags.ts'

/**
 * Looks for the secret with the identity of this machine, which may differ from that of the store.
 * @returns one line for the user; a failure is no error, because manifests can be written anywhere
 */
export async function checkKms(
  { flags, typed, io }: CommandCall<typeof INIT_FLAGS>,
  { secret, region }: Answers,
): Promise<string> {
  const look = async ({ kms, endpoint, during }: ManageSession): Promise<string> => {
    const { type } = await during(
      () => `looking for ${secret} at ${endpoint} …`,
      kms.describe(secret, { signal: io.signal }),
    )
    return `KMS secret ${secret} exists at ${endpoint}: type ${type}`
  }
  try {
    return await withManagement({ flags: { ...flags, region }, typed, io }, look)
  } catch (error) {
    if (io.signal.aborted) throw error
    if (isSecretSyncError(error)) return `not confirmed: ${error.message}`
    if (error instanceof InputError) return `not checked: ${error.problems.join('; ')}`
    if (error instanceof UsageError) return `not checked: ${error.message}`
    throw error
  }
}
