import { randomUUID } from 'node:crypto'
import { secretArn } from '../kms/kms-state.ts'
import type { ChangeName } from './secret-change.ts'

/** A change to announce. */
export interface AnnouncedChange {
  readonly account: string
  readonly region: string
  readonly secretName: string
  readonly secretType: string
  readonly change: ChangeName
  readonly atMs: number
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** Attributes that EventBridge adds to every event. CloudEvents 1.0; Alibaba Cloud EventBridge, "Event overview". */
function envelope({ account, region, atMs }: AnnouncedChange, type: string, subject: string, data: object): object {
  return {
    id: randomUUID(),
    source: 'acs.kms',
    specversion: '1.0',
    type,
    datacontenttype: 'application/json;charset=utf-8',
    subject,
    time: iso(atMs),
    aliyunaccountid: account,
    aliyunregionid: region,
    aliyuneventbusname: 'default',
    aliyunpublishtime: iso(atMs),
    data,
  }
}

/** The event of a rotation. The resource id starts with a blank, as in the documentation. KMS user guide, "Events". */
export function rotationEvent(change: AnnouncedChange): object {
  const { account, region, secretName, secretType, atMs } = change
  const arn = secretArn({ account, region }, secretName)
  return envelope(change, 'kms:CloudMonitor:Secret[RotateSecret:Success]', arn, {
    product: 'KMS',
    name: 'Secret:RotateSecret:Success',
    level: 'INFO',
    regionId: region,
    resourceId: ` ${arn}`,
    instanceName: 'instanceName',
    content: {
      eventId: randomUUID(),
      secretName,
      secretType,
      secretSubType: '',
      RotationEntityArn: arn,
      rotationStatus: 'Success',
      successTime: String(atMs),
    },
    ver: '1.0',
  })
}

/** The event of a write operation. ActionTrail user guide, "Management event structure". */
export function apiCallEvent(change: AnnouncedChange): object {
  const { account, region, secretName, atMs } = change
  return envelope(change, 'kms:ActionTrail:ApiCall', `acs:kms:${region}:${account}:secret/${secretName}`, {
    eventId: randomUUID(),
    eventVersion: '1',
    eventSource: `kms.${region}.aliyuncs.com`,
    eventName: change.change,
    eventRW: 'Write',
    eventType: 'ApiCall',
    eventTime: `${iso(atMs).slice(0, 19)}Z`,
    serviceName: 'Kms',
    apiVersion: '2016-01-20',
    acsRegion: region,
    requestId: randomUUID(),
    requestParameters: { SecretName: secretName },
    referencedResources: { 'ACS::KMS::Secret': [secretName] },
    resourceType: 'ACS::KMS::Secret',
    resourceName: secretName,
    userIdentity: { type: 'ram-user', accountId: account, principalId: '200000000000000001', userName: 'simulator' },
    sourceIpAddress: '127.0.0.1',
  })
}
