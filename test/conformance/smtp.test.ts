import { afterAll, describe, test } from 'vitest'
import { notifierChecks } from '../../plugins/conformance/index.ts'
import { startAskingMailServer } from './asking-mail-server.ts'
import { smtpSubject } from './smtp-subject.ts'

const server = await startAskingMailServer()
afterAll(() => server.stop())

describe('the notifier smtp', () => {
  for (const { name, run } of notifierChecks(smtpSubject(server))) test(name, run)
})
