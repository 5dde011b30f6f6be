import { parseRegion } from '@ack-secret-manager/alicloud-openapi'
import { type Network, SecretSyncError } from '@ack-secret-manager/core'

/** A queue: where it is, and whose. */
export interface QueueArn {
  readonly region: string
  readonly account: string
  readonly name: string
}

const EXAMPLE = 'acs:mns:cn-hangzhou:1234567890123456:/queues/acksm-hints'
const ARN = /^acs:mns:([a-z0-9-]{1,64}):(\d{1,32}):\/?queues\/([A-Za-z0-9][A-Za-z0-9-]{0,119})$/

/**
 * Parses the ARN of a queue, as policies (`…:/queues/NAME`) and targets of EventBridge (`…:queues/NAME`) write it.
 * @param field name of the option, for the message
 * @throws SecretSyncError `InvalidSpec`
 */
export function parseQueueArn(text: string, field = 'queue'): QueueArn {
  const [, region = '', account = '', name = ''] = ARN.exec(text) ?? []
  if (name === '') {
    const got = JSON.stringify(text.slice(0, 120))
    throw new SecretSyncError('InvalidSpec', `${field}: expected the ARN of a queue such as ${EXAMPLE}, got ${got}`, {
      facts: { field },
    })
  }
  return { region: parseRegion(region), account, name }
}

/** The endpoint of an account in a region: `ACCOUNT.mns.cn-hangzhou-internal.aliyuncs.com`, or without `-internal` in the public network. */
export function defaultSmqEndpoint(
  { account, region }: Pick<QueueArn, 'account' | 'region'>,
  network: Network = 'vpc',
): string {
  return `${account}.mns.${region}${network === 'vpc' ? '-internal' : ''}.aliyuncs.com`
}
