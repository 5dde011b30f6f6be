/**
 * Interval for tests in which polling must not read a secret. Reads are spread over the interval, so with an hour some tests
 * would still see one.
 */
export const SLOW_INTERVAL = { rotationInterval: '8760h' }
