import type { z } from 'zod'
import type { CelRule } from '../schema/field.ts'

/** Fields that select the identity. */
interface Parts {
  readonly accessKey?: unknown
  readonly accessKeySecret?: unknown
  readonly serviceAccountRef?: unknown
  readonly workerRole?: unknown
  readonly oidcProviderARN?: unknown
  readonly oidcTokenFilePath?: unknown
  readonly ramRoleARN?: unknown
  readonly remoteRamRoleARN?: unknown
  readonly remoteRamRoleArn?: unknown
  readonly ramRoleExternalId?: unknown
  readonly remoteRamRoleExternalId?: unknown
}

type Part = keyof Parts

/**
 * Groups of fields that each select an identity. An OIDC provider next to a ServiceAccount belongs to that identity and
 * selects no second one.
 */
const SOURCES: ReadonlyArray<{ readonly names: readonly Part[]; readonly unless?: Part }> = [
  { names: ['accessKey', 'accessKeySecret'] },
  { names: ['serviceAccountRef'] },
  { names: ['workerRole'] },
  { names: ['oidcTokenFilePath'] },
  { names: ['oidcProviderARN'], unless: 'serviceAccountRef' },
]

const given = (name: Part): string =>
  name === 'accessKey' || name === 'accessKeySecret' || name === 'serviceAccountRef' || name === 'workerRole'
    ? `has(self.${name})`
    : `(has(self.${name}) && self.${name} != '')`

const HAS_OIDC = `(${given('oidcTokenFilePath')} || (${given('oidcProviderARN')} && !${given('serviceAccountRef')}))`

/** {@link checkRamAuth} for the API server. */
export const ramAuthRules: readonly CelRule[] = [
  {
    rule: `${given('accessKey')} == ${given('accessKeySecret')}`,
    message: 'accessKey and accessKeySecret are required together',
  },
  {
    rule: `[${given('accessKey')}, ${given('serviceAccountRef')}, ${given('workerRole')}, ${HAS_OIDC}].filter(one, one).size() <= 1`,
    message: 'more than one identity: keep one of accessKey, serviceAccountRef, workerRole and oidcProviderARN',
  },
  {
    rule: `!${HAS_OIDC} || ${given('ramRoleARN')}`,
    message: 'ramRoleARN is required together with oidcProviderARN or oidcTokenFilePath',
  },
  {
    rule: `!${given('remoteRamRoleARN')} || !${given('remoteRamRoleArn')}`,
    message: 'remoteRamRoleArn is another spelling of remoteRamRoleARN: keep one of them',
  },
  {
    rule: `!${given('ramRoleExternalId')} || (${given('ramRoleARN')} && (${given('accessKey')} || ${given('workerRole')}))`,
    message: 'ramRoleExternalId belongs to a ramRoleARN that an accessKey or the workerRole assumes',
  },
  {
    rule: `!${given('remoteRamRoleExternalId')} || ${given('remoteRamRoleARN')} || ${given('remoteRamRoleArn')}`,
    message: 'remoteRamRoleExternalId belongs to a remoteRamRoleARN',
  },
]

/** Checks that the fields select exactly one RAM identity, and that it is complete. */
export function checkRamAuth(auth: Parts, context: z.RefinementCtx): void {
  const refuse = (path: Part, message: string): void => context.addIssue({ code: 'custom', path: [path], message })
  const has = (name: Part): boolean => auth[name] !== undefined
  for (const [here, other] of [
    ['accessKey', 'accessKeySecret'],
    ['accessKeySecret', 'accessKey'],
  ] as const) {
    if (!has(here) && has(other)) refuse(here, `required together with ${other}, but missing`)
  }
  const [first, second] = SOURCES.flatMap(({ names, unless }) => {
    const name = names.find(has)
    return name === undefined || (unless !== undefined && has(unless)) ? [] : [name]
  }).filter((name, index, all) => !(name === 'oidcProviderARN' && all[index - 1] === 'oidcTokenFilePath'))
  if (first !== undefined && second !== undefined) {
    refuse(second, `names another identity than ${first}: keep one of them`)
  }
  const oidc = has('oidcTokenFilePath')
    ? 'oidcTokenFilePath'
    : has('oidcProviderARN') && !has('serviceAccountRef')
      ? 'oidcProviderARN'
      : undefined
  if (oidc !== undefined && !has('ramRoleARN')) refuse('ramRoleARN', `required together with ${oidc}, but missing`)
  if (has('remoteRamRoleARN') && has('remoteRamRoleArn')) {
    refuse('remoteRamRoleArn', 'another spelling of remoteRamRoleARN: keep one of them')
  }
  if (has('ramRoleExternalId') && !(has('ramRoleARN') && (has('accessKey') || has('workerRole')))) {
    refuse(
      'ramRoleExternalId',
      'belongs to a ramRoleARN that an accessKey or the workerRole assumes, but there is none',
    )
  }
  if (has('remoteRamRoleExternalId') && !has('remoteRamRoleARN') && !has('remoteRamRoleArn')) {
    refuse('remoteRamRoleExternalId', 'belongs to a remoteRamRoleARN, but there is none')
  }
}
