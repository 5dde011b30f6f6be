import {
  type Credential,
  type CredentialProvider,
  CredentialRefresher,
  fingerprint,
  SecretSyncError,
  Sensitive,
} from '@ack-secret-manager/core'
import { ManualClock } from '@ack-secret-manager/core/testing'
import { describe, expect, it } from 'vitest'
import { CREDENTIAL_PROVIDER_RULES, describeCredentialProviderContract } from './credential-provider-contract.ts'
import type { CredentialFault, CredentialProviderHarness } from './credential-provider-harness.ts'

const CANARY = 'canary~Zx81~key'

type Change = (provider: CredentialProvider, source: Source) => CredentialProvider

/** A source of credentials that are valid for an hour, and defects of its provider. */
class Source implements CredentialProviderHarness {
  readonly canaries = [CANARY]
  readonly #change: Change
  readonly #clock = new ManualClock(Date.now())
  #asks = 0
  #fault: CredentialFault | undefined

  constructor(change: Change = (provider) => provider) {
    this.#change = change
  }

  asks = async (): Promise<number> => this.#asks
  play = async (fault: CredentialFault): Promise<void> => void (this.#fault = fault)
  recover = async (): Promise<void> => void (this.#fault = undefined)
  passTime = (milliseconds: number): Promise<void> => this.#clock.advance(milliseconds)

  open({ identity: who = 'known' }: Parameters<CredentialProviderHarness['open']>[0]): CredentialProvider {
    const identity = { kind: 'memory', fingerprint: fingerprint('memory', who), description: who, account: who }
    const source = { fetch: (signal: AbortSignal) => this.fetch(who, signal) }
    return this.#change(new CredentialRefresher({ identity, source, clock: this.#clock }), this)
  }

  async fetch(who: string, signal: AbortSignal): Promise<Credential> {
    this.#asks += 1
    if (this.#fault === 'outage') throw new SecretSyncError('Unavailable', 'the source is gone')
    if (this.#fault === 'hang') {
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    }
    if (who === 'refused') throw new SecretSyncError('Unauthenticated', `${who} may not`)
    await new Promise((resolve) => setImmediate(resolve))
    return {
      accessKeyId: `STS.${who}-${this.#asks}`,
      accessKeySecret: new Sensitive(`${CANARY}-${this.#asks}`),
      expiresAtMs: this.#clock.now() + 3_600_000,
    }
  }
}

/** The same provider with these members replaced. */
function changed(provider: CredentialProvider, change: Partial<CredentialProvider>): CredentialProvider {
  return {
    identity: provider.identity,
    credential: (options) => provider.credential(options),
    invalidate: (credential) => provider.invalidate(credential),
    close: () => provider.close(),
    ...change,
  }
}

const signal = new AbortController().signal

const DEFECTS: readonly (readonly [defect: string, rule: RegExp, change: Change])[] = [
  [
    'asks its source each time',
    /while it is valid/,
    (provider, source) => changed(provider, { credential: (options) => source.fetch('known', options.signal) }),
  ],
  [
    'has everybody’s fingerprint',
    /than another identity/,
    (provider) => changed(provider, { identity: { ...provider.identity, fingerprint: 'x' } }),
  ],
  [
    'has another fingerprint each time',
    /another provider of the same identity/,
    (provider) => changed(provider, { identity: { ...provider.identity, fingerprint: `${Math.random()}` } }),
  ],
  [
    'forgets nothing that was refused',
    /after one was refused/,
    (provider) => changed(provider, { invalidate: () => undefined }),
  ],
  [
    'keeps what has expired',
    /never returns an expired/,
    (provider) => {
      let kept: Credential | undefined
      return changed(provider, { credential: async (options) => (kept ??= await provider.credential(options)) })
    },
  ],
  [
    'falls back to another identity',
    /without another identity/,
    (provider, source) =>
      changed(provider, {
        credential: (options) => provider.credential(options).catch(() => source.fetch('known', options.signal)),
      }),
  ],
  [
    'cannot be cancelled',
    /already aborted/,
    (provider) => changed(provider, { credential: () => provider.credential({ signal }) }),
  ],
  [
    'tells its key in an error',
    /Unauthenticated when/,
    (provider) =>
      changed(provider, {
        credential: (options) =>
          provider.credential(options).catch((error: unknown) => {
            throw new SecretSyncError('Unauthenticated', `${CANARY} is wrong`, { cause: error })
          }),
      }),
  ],
  [
    'tells its key in a credential',
    /wrapped secrets/,
    (provider) =>
      changed(provider, {
        credential: async (options) => {
          const credential = await provider.credential(options)
          return { ...credential, secret: credential.accessKeySecret.expose() }
        },
      }),
  ],
  [
    'does not close',
    /sends no request after it is closed/,
    (provider) => changed(provider, { close: async () => undefined }),
  ],
]

describeCredentialProviderContract({ name: 'memory', setUp: () => new Source() })

describe('the contract of credential providers', () => {
  it.each(DEFECTS)('notices one that %s', async (_defect, name, change) => {
    const [rule] = CREDENTIAL_PROVIDER_RULES.filter(({ rule: each }) => name.test(each))
    await expect(rule?.check(() => new Source(change))).rejects.toThrow(/./)
  })
})
