/**
 * Interval of secrets that are read when something happens, and not by the clock. The moments of an interval are anywhere in it:
 * of an hour, one in some hundred tests would see one.
 */
export const SLOW_INTERVAL = { rotationInterval: '8760h' }
