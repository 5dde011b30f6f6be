import { type SecretGenerator, SecretSyncError, Sensitive, systemClock } from '@ack-secret-manager/core'
import { registryDocument, sessionDocument, TokenCache } from '@ack-secret-manager/generator-token'
import type { GenerateEntry } from '@ack-secret-manager/resources'
import { createGenerators } from '@ack-secret-manager/stores'

/** The life of a placeholder for a token. Nothing waits for its end. */
const LIFE_MS = 3_600_000

const create = createGenerators({
  stores: {
    tokens: new TokenCache(),
    tokenIdentity: () => {
      throw new SecretSyncError('Internal', 'a placeholder needs no identity')
    },
  },
})

/**
 * Generates a text that is the same in each run and that no user takes for a value, in the shape of the value. Settings are checked as in
 * the operator. No token is issued.
 */
export function placeholderGenerator(entry: GenerateEntry, namespace: string): SecretGenerator {
  const generator = create(entry, namespace)
  const value = new Sensitive<Uint8Array>(Buffer.from(placeholderOf(entry, generator.kind)))
  const issuedMs = systemClock.now()
  const life = { issuedMs, expiresMs: issuedMs + LIFE_MS }
  return { ...generator, generate: () => Promise.resolve(generator.isToken === true ? { value, life } : { value }) }
}

/** A document has its members, because a type or a template can require them. */
function placeholderOf({ containerRegistry, stsToken }: GenerateEntry, kind: string): string {
  if (containerRegistry) {
    const hosts = containerRegistry.instances.flatMap(({ registries }) => registries)
    const credential = { username: '<generated username>', password: new Sensitive('<generated password>') }
    return registryDocument(hosts.map((host) => [host, credential]))
  }
  if (stsToken) {
    const accessKeySecret = new Sensitive('<generated AccessKeySecret>')
    const securityToken = new Sensitive('<generated SecurityToken>')
    // A date, because a template can parse it.
    return sessionDocument({ accessKeyId: '<generated AccessKeyId>', accessKeySecret, securityToken }, 0)
  }
  return `<generated ${kind}>`
}
