/** The workflow types that a worker runs: what the bundle is made from. */
export { addAccount } from './add-account.ts'
