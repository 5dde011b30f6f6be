export type { ActionRequest, ActionResult } from './model/views/action.ts'
export type { SessionView } from './model/views/wire.ts'
export { startUiServer, type UiServer, type UiServerOptions } from './server/ui-server.ts'
