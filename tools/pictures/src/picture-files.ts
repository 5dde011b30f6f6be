import { ROOT } from '@ack-secret-manager/chart/root'

/** Where the pictures of the documentation are. */
export const PICTURES = new URL('docs/pictures/', ROOT)

/** Files of {@link PICTURES}: each picture, and the recording that it is drawn from. */
export const FILES = {
  dashboard: new URL('dashboard.svg', PICTURES),
  demo: new URL('demo.svg', PICTURES),
  demoCast: new URL('demo.cast', PICTURES),
  status: new URL('status.svg', PICTURES),
  statusCast: new URL('status.cast', PICTURES),
  page: new URL('ui.png', PICTURES),
} as const
