import { checkLimits, type Credential, type CredentialProvider, SecretSyncError } from '@ack-secret-manager/core'
import type sdk from '@alicloud/credentials'
import type { CredentialModel } from '@alicloud/credentials'

/** The class is the `default` of the default import in Node's module resolution, and the default import itself in that of bundlers. */
type ClassOf<Imported> = Imported extends { readonly default: infer Class } ? Class : Imported

/** The class that `Config.credential` of the SDKs is declared with. */
type SdkClass = InstanceType<Extract<ClassOf<typeof sdk>, abstract new (...args: never) => unknown>>

/** Options of {@link asSdkCredential}. */
export interface AsSdkCredentialOptions {
  /** Deadline of one read; the SDKs pass no signal. @default 20_000 */
  readonly timeoutMs?: number
}

/**
 * A credential for `Config.credential` of any Alibaba Cloud SDK, read from one of our providers at each request. Newer SDKs
 * take the three parts in one read. Older ones, such as `@alicloud/kms20160120`, read id, secret and token one after another
 * within one turn of the event loop, and get the parts of one credential.
 *
 * The SDKs do not report a refused credential: call `invalidate` of the provider after such an error.
 * @throws its methods throw what `provider.credential()` throws
 */
export function asSdkCredential(provider: CredentialProvider, options: AsSdkCredentialOptions = {}): SdkClass {
  const { timeoutMs = 20_000 } = options
  checkLimits({ timeoutMs })
  // The class of the SDK has a private member, so that no other object is assignable to it. Its clients only call methods.
  return new ProviderCredential(provider, timeoutMs) as unknown as SdkClass
}

class ProviderCredential {
  readonly #provider: CredentialProvider
  readonly #timeoutMs: number
  #snapshot: Credential | undefined

  constructor(provider: CredentialProvider, timeoutMs: number) {
    this.#provider = provider
    this.#timeoutMs = timeoutMs
  }

  async getCredential(): Promise<CredentialModel> {
    const credential = await this.#read()
    const parts = {
      accessKeyId: credential.accessKeyId,
      accessKeySecret: credential.accessKeySecret.expose(),
      ...(credential.securityToken === undefined ? {} : { securityToken: credential.securityToken.expose() }),
      type: typeOf(credential),
      providerName: 'ack-secret-manager',
    }
    // The SDK's model adds a method that no client calls.
    return parts as unknown as CredentialModel
  }

  async getAccessKeyId(): Promise<string> {
    return (await this.#kept()).accessKeyId
  }

  async getAccessKeySecret(): Promise<string> {
    return (await this.#kept()).accessKeySecret.expose()
  }

  async getSecurityToken(): Promise<string> {
    return (await this.#kept()).securityToken?.expose() ?? ''
  }

  getBearerToken(): string {
    return ''
  }

  /** Known after the first read only; no client of the SDKs decides by it. */
  getType(): string {
    return this.#snapshot === undefined ? 'access_key' : typeOf(this.#snapshot)
  }

  /** Shows no secret, whatever prints it. */
  toJSON(): object {
    return { provider: this.#provider.identity.description }
  }

  /** One credential for all getters of one turn. A later turn reads again, so that a renewed session is followed. */
  async #kept(): Promise<Credential> {
    if (this.#snapshot !== undefined) return this.#snapshot
    const credential = await this.#read()
    if (this.#snapshot !== undefined) return this.#snapshot
    this.#snapshot = credential
    setImmediate(() => {
      this.#snapshot = undefined
    }).unref()
    return credential
  }

  async #read(): Promise<Credential> {
    const { description } = this.#provider.identity
    const signal = AbortSignal.timeout(this.#timeoutMs)
    try {
      return await this.#provider.credential({ signal })
    } catch (error) {
      if (!signal.aborted) throw error
      throw new SecretSyncError('Timeout', `credentials of ${description}: no response within ${this.#timeoutMs} ms`)
    }
  }
}

function typeOf({ securityToken }: Credential): string {
  return securityToken === undefined ? 'access_key' : 'sts'
}
