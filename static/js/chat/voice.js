// Voice messages: press to record, press again to put the recording among the message's files.
const MOST = 10 * 60_000;
const TYPES = [["audio/webm;codecs=opus", "webm"], ["audio/mp4", "m4a"], ["audio/ogg;codecs=opus", "ogg"]];

/** Records by `button`; `take(file, more)` gets what was recorded, `tell(text)` what to say meanwhile. */
export function voice(button, take, tell) {
  let recorder = null;

  async function toggle() {
    if (recorder) return recorder.stop();
    const words = document.getElementById("upload-words").dataset;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      return tell(words.denied, "error");
    }
    const [type, suffix] = TYPES.find(([kind]) => MediaRecorder.isTypeSupported(kind)) ?? ["", "webm"];
    const pieces = [], began = Date.now();
    recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    recorder.onstop = () => {
      stream.getTracks().forEach((track) => track.stop());
      recorder = null;
      button.setAttribute("aria-pressed", "false");
      const at = new Date(began).toISOString().slice(0, 19).replace(/[:T]/g, "-");
      take(new File(pieces, `voice-${at}.${suffix}`, { type: type.split(";")[0] }), { voice: "1", seconds: String(Math.round((Date.now() - began) / 1000)) });
    };
    recorder.start(1000);
    setTimeout(() => recorder?.state === "recording" && recorder.stop(), MOST);
    button.setAttribute("aria-pressed", "true");
    tell(words.recording);
  }

  button?.addEventListener("click", toggle);
  return { stop: () => recorder?.stop() };
}
