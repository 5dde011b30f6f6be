import { kmsEndpointDriver } from '@ack-secret-manager/backend-kms-endpoint'
import { kmsInstanceDriver } from '@ack-secret-manager/backend-kms-instance'
import { oosDriver } from '@ack-secret-manager/backend-oos'

export const DRIVERS = [kmsEndpointDriver, kmsInstanceDriver, oosDriver]
