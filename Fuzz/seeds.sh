#!/bin/sh
# Makes small files of every container that is taken, for the fuzzer `containers`: Fuzz/seeds.sh FOLDER. The
# first byte of each says how it is read (Fuzz/Sources/containers).
set -eu
folder=$1
mkdir -p "$folder"
[ ! -e "$folder/done" ] || exit 0
for name in wav aiff au caf w64 flac mp3 ogg opus m4a mka webm ts flv avi asf aac ac3 amr voc tta wv mxf nut gsm rm; do
    options=""
    case $name in
        opus | webm) options="-c:a libopus" ;;
        amr | gsm) options="-ar 8000" ;;
        mxf) options="-ar 48000 -c:a pcm_s16le" ;;
        aiff | au | w64 | wav) options="-ar 8000" ;;
    esac
    # Word splitting is wanted: the list is made above.
    # shellcheck disable=SC2086
    if ffmpeg -v quiet -y -f lavfi -i "sine=frequency=300:duration=0.3" -ac 2 $options "$folder/$name.$name"; then
        { printf '\001'; head -c 16000 "$folder/$name.$name"; } > "$folder/$name"
    fi
    rm -f "$folder/$name.$name"
done
touch "$folder/done"
