import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

/** Resolutions of the profile `esm-only` of attw. */
const IGNORED = ['node10', 'node16-cjs']

/** What publint reports about a tarball, as text. */
export async function publintProblems(tarball: Uint8Array<ArrayBuffer>): Promise<readonly string[]> {
  const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true })
  return messages
    .filter(({ type }) => type === 'error')
    .map((message) => formatMessage(message, pkg, { color: false }) ?? message.code)
}

/** What "Are the types wrong?" reports about a tarball with only ES modules, as text. */
export async function typesProblems(tarball: Uint8Array): Promise<readonly string[]> {
  const result = await checkPackage(createPackageFromTarballData(tarball))
  if (!('problems' in result)) return ['no types']
  return result.problems
    .filter((problem) => !('resolutionKind' in problem && IGNORED.includes(problem.resolutionKind)))
    .map((problem) => JSON.stringify(problem))
}
