import { StsClient } from '@ack-secret-manager/alicloud-openapi'
import {
  type CredentialProvider,
  defined,
  isSecretSyncError,
  messageWithRequestId,
  type ProxyRoutes,
  type SecretSyncError,
} from '@ack-secret-manager/core'
import type { Check, Finding } from '../check.ts'
import { clockRefusal } from '../clock-refusal.ts'
import { reachedId } from '../network/network-checks.ts'

const CREDENTIAL_TIMEOUT_MS = 20_000
const STS_TIMEOUT_MS = 10_000

/** Id of the check that an identity is configured and has a credential. */
export const CREDENTIAL = 'identity.credential'
const CALLER = 'identity.caller'

/** Ids of the checks that calls with the identity of this process need. */
export function identityIds({ kind }: OwnIdentity): readonly string[] {
  return kind === 'unneeded' ? [CREDENTIAL] : [CREDENTIAL, CALLER]
}

/** The identity of this process, or why there is none. */
export type OwnIdentity =
  | {
      readonly kind: 'found'
      readonly provider: CredentialProvider
      /** Program of the `process_command` of the profile. */
      readonly command?: string
    }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'unneeded'; readonly why: string }

/** Options of {@link identityChecks}. */
export interface IdentityChecksOptions {
  readonly identity: OwnIdentity
  readonly region: string
  /** `HOST[:PORT]` of STS. */
  readonly stsEndpoint: string
  readonly proxy: ProxyRoutes | undefined
  readonly nowMs: () => number
}

/** Which identity answers, its first credential, and what STS calls it. */
export function identityChecks({
  identity,
  region,
  stsEndpoint,
  proxy,
  nowMs,
}: IdentityChecksOptions): readonly Check[] {
  const credential: Check = {
    id: CREDENTIAL,
    section: 'Identity',
    title: 'Identity of this process',
    needs: [],
    timeoutMs: CREDENTIAL_TIMEOUT_MS,
    action: credentialAction(identity),
    run: (signal) => credentialFinding(identity, signal, nowMs),
  }
  const caller: Check = {
    id: CALLER,
    section: 'Identity',
    title: 'Caller, as STS knows it',
    needs: [CREDENTIAL, reachedId(stsEndpoint)],
    unknown: 'the identity is not verified',
    timeoutMs: STS_TIMEOUT_MS,
    action: 'Check the way to STS, or set --sts-endpoint',
    run: (signal) => callerFinding(identity, { region, endpoint: stsEndpoint, ...defined({ proxy }) }, signal),
  }
  return identity.kind === 'unneeded' ? [credential] : [credential, caller]
}

function credentialAction(identity: OwnIdentity): string {
  return identity.kind === 'found' && identity.command !== undefined
    ? `Run the process_command of the profile by hand (${identity.command} …): it must print a session within ${CREDENTIAL_TIMEOUT_MS / 1_000} s`
    : 'Check the way to the service that gives the credential: STS, the metadata service or the credentials URI'
}

async function credentialFinding(identity: OwnIdentity, signal: AbortSignal, nowMs: () => number): Promise<Finding> {
  switch (identity.kind) {
    case 'unneeded':
      return { status: 'skipped', detail: identity.why }
    case 'invalid':
      return {
        status: 'failed',
        detail: identity.message,
        action: 'Choose an identity: --profile NAME, or set the variables of one (docs: acksm doctor --help, --auth)',
      }
    case 'found': {
      const { provider } = identity
      try {
        const { expiresAtMs } = await provider.credential({ signal })
        const minutes = expiresAtMs === undefined ? undefined : Math.floor((expiresAtMs - nowMs()) / 60_000)
        // A source that does not tell the end of its session is asked again within a minute.
        const until = minutes === undefined || minutes < 1 ? '' : `, its session lasts ${minutes} more minutes`
        return { status: 'ok', detail: `${provider.identity.description} is configured${until}` }
      } catch (error) {
        return refusedFinding(error, provider)
      }
    }
  }
}

async function callerFinding(
  identity: OwnIdentity,
  options: ConstructorParameters<typeof StsClient>[0],
  signal: AbortSignal,
): Promise<Finding> {
  // The check of the credential has failed or was skipped otherwise.
  if (identity.kind !== 'found') return { status: 'skipped', detail: 'there is no identity' }
  await using sts = new StsClient(options)
  try {
    const { arn, account } = await sts.callerIdentity(identity.provider, { signal })
    return { status: 'ok', detail: `${arn}, account ${account}` }
  } catch (error) {
    return refusedFinding(error, identity.provider)
  }
}

/** What to correct, by kind of identity. There is no credential to replace where a service issues it. */
const CORRECTIONS: Readonly<Record<string, string>> = {
  rrsa: 'Correct the token, the OIDC provider or the trust policy of the role, as the message says',
  'assume-role': 'Correct the role, its trust policy or the policy of the calling identity, as the message says',
  'worker-role': 'Correct the RAM role of this instance or its metadata service, as the message says',
}

/** A finding for a refused identity. @throws every other error */
function refusedFinding(error: unknown, { identity }: CredentialProvider): Finding {
  if (!isSecretSyncError(error) || !isRefusal(error)) throw error
  const correction = CORRECTIONS[identity.kind] ?? `Replace the credential of ${identity.description}`
  return {
    status: 'failed',
    detail: messageWithRequestId(error),
    action: `${correction}, or choose another identity: --profile NAME, --auth METHOD`,
    ...clockRefusal(error),
  }
}

function isRefusal({ code }: SecretSyncError): boolean {
  return code === 'Unauthenticated' || code === 'AccessDenied' || code === 'InvalidSpec' || code === 'NotFound'
}
