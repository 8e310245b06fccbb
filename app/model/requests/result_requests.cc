#include "app/model/requests/result_requests.h"

namespace app {

void RequestSaveResult(Session& session, std::shared_ptr<const datasets::VideoResults> results,
                       datasets::ResultPart part, const std::string& file) {
  Session* speaker = &session;  // ends what it was asked before it goes
  session.Post(std::string("Save ") + datasets::NameOf(part), [=](datasets::Project&) {
    datasets::SaveResult(*results, part, file);
    speaker->SayLater(Message::Kind::kSuccess, "Wrote " + file);
  });
}

}  // namespace app
