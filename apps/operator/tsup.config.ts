import { application } from '@ack-secret-manager/build'

export default application({ entry: ['src/start.ts'] })
