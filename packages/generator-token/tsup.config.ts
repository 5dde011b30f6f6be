import { library } from '@ack-secret-manager/build'

export default library()
