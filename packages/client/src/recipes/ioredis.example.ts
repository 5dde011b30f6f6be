import type { SecretClient, SecretConnection } from '@ack-secret-manager/client'
import { Redis } from 'ioredis'

/** A Redis client that is replaced at each rotation. */
export function openCache(kms: SecretClient, path: string): Promise<SecretConnection<Redis>> {
  return kms.connect('shop/redis', (version) => {
    // Without a limit, ioredis repeats a command that a lost connection has interrupted until it can log in again.
    const redis = new Redis({ path, password: version.text(), commandTimeout: 5_000 })
    redis.on('error', (error) => console.error(`redis: ${error.message}`))
    return redis
  })
}

export async function visits(cache: SecretConnection<Redis>): Promise<number> {
  return cache.use((redis) => redis.incr('visits'))
}
