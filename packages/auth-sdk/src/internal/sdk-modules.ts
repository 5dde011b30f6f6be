import type * as sdk from '@alicloud/credentials'
import type * as sdkCommand from '@alicloud/credentials/dist/src/utils/command.js'

/** Loads the SDK. At the first use, because that takes longer than the start of a command line. */
export async function importSdk(): Promise<typeof sdk> {
  return withNames(await import('@alicloud/credentials'), 'CLIProfileCredentialsProvider')
}

/** Loads what splits a `process_command` into words. */
export async function importSdkCommand(): Promise<typeof sdkCommand> {
  return withNames(await import('@alicloud/credentials/dist/src/utils/command.js'), 'splitProcessCommand')
}

/** The SDK is CommonJS. Node gives its exports names; a bundle gives them as the default only. */
export function withNames<T extends object>(module: T, name: keyof T): T {
  return name in module ? module : (module as { readonly default: T }).default
}
