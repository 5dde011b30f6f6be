export { defaultOosEndpoint } from './oos-endpoint.ts'
export { oosBackend, type OosOptions, type OosSettings } from './oos-backend.ts'
export { oosDriver } from './oos-driver.ts'
export { oosConnection, type OosConnectionOptions } from './oos-connection.ts'
