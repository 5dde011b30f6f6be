import { SecretSyncError } from '@ack-secret-manager/core'

/** An error of a configuration file or variable. @param where `profile prod of ~/.aliyun/config.json` */
export function invalidConfig(where: string, why: string, field?: string): SecretSyncError {
  return new SecretSyncError('InvalidSpec', `${where}: ${why}`, field === undefined ? {} : { facts: { field } })
}
