import { kmsEndpointDriver } from '@ack-secret-manager/backend-kms-endpoint'
import { kmsInstanceDriver } from '@ack-secret-manager/backend-kms-instance'
import { oosDriver } from '@ack-secret-manager/backend-oos'

/** The drivers of this project. */
export const DRIVERS = [kmsEndpointDriver, kmsInstanceDriver, oosDriver]
