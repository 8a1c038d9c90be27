import { StepError } from '../../../plugins/plugin-contract.ts'
import { createTransport } from '../../../plugins/smtp/transport.ts'
import { StartFailure } from '../failure.ts'

const patience = 10_000

/** Checks that the server accepts our login. Sends nothing. @throws StartFailure in one line that shows no password. */
export async function checkMailServer(url: string): Promise<void> {
  const transport = createTransport(url, patience)
  try {
    await transport.check(new AbortController().signal)
  } catch (error) {
    throw new StartFailure(
      `The mail server of SMTP_URL (${new URL(url).host}) cannot be used: ${reason(error)}`,
      'Start the mail server or correct SMTP_URL; unset it to use the embedded mailbox',
    )
  } finally {
    transport.close()
  }
}

function reason(error: unknown): string {
  return error instanceof StepError ? error.message.replace(/\.$/, '') : 'unknown'
}
