// Yearly averages of countries, from data/country_intensity.csv: a level without any shape in time.
#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "scheduler/carbon/carbon_intensity.h"
#include "scheduler/carbon/feeds/local_feeds.h"

namespace greentrain {
namespace {

/// The two-letter codes that zones start with, each before the three letters of the table.
/// ISO 3166-1.
constexpr std::string_view kCodes =
    "AEARE AFAFG AGATG ALALB AMARM AOAGO ARARG ASASM ATAUT AUAUS AWABW AZAZE BABIH BBBRB "
    "BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BMBMU BNBRN BOBOL BRBRA BSBHS BTBTN BWBWA "
    "BYBLR BZBLZ CACAN CDCOD CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CUCUB "
    "CVCPV CYCYP CZCZE DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI "
    "ESESP ETETH FIFIN FJFJI FKFLK FOFRO FRFRA GAGAB GBGBR GDGRD GEGEO GFGUF GHGHA GIGIB "
    "GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GTGTM GUGUM GWGNB GYGUY HKHKG HNHND HRHRV HTHTI "
    "HUHUN IDIDN IEIRL ILISR ININD IQIRQ IRIRN ISISL ITITA JMJAM JOJOR JPJPN KEKEN KGKGZ "
    "KHKHM KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO LBLBN LCLCA LKLKA LRLBR "
    "LSLSO LTLTU LULUX LVLVA LYLBY MAMAR MDMDA MEMNE MGMDG MKMKD MLMLI MMMMR MNMNG MOMAC "
    "MQMTQ MRMRT MSMSR MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER NGNGA "
    "NINIC NLNLD NONOR NPNPL NRNRU NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL "
    "PMSPM PRPRI PSPSE PTPRT PYPRY QAQAT REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC "
    "SDSDN SESWE SGSGP SHSHN SISVN SKSVK SLSLE SNSEN SOSOM SRSUR SSSSD STSTP SVSLV SYSYR "
    "SZSWZ TCTCA TDTCD TGTGO THTHA TJTJK TLTLS TMTKM TNTUN TOTON TRTUR TTTTO TWTWN TZTZA "
    "UAUKR UGUGA USUSA UYURY UZUZB VCVCT VEVEN VGVGB VIVIR VNVNM VUVUT WSWSM YEYEM ZAZAF "
    "ZMZMB ZWZWE ";

/// `DE`, `US-CAL-CISO`, `DEU` and `WORLD` each name a country of the table.
std::string country_of(const std::string& zone) {
  std::string head = zone.substr(0, zone.find_first_of("-_"));
  std::transform(head.begin(), head.end(), head.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (head.size() != 2) return head;
  for (std::size_t entry = 0; entry < kCodes.size(); entry += 6) {
    if (kCodes.substr(entry, 2) == head) return std::string(kCodes.substr(entry + 2, 3));
  }
  return head;
}

class StaticFeed final : public CarbonFeed {
 public:
  const std::string& name() const override { return name_; }

  FeedAnswer fetch(const FeedQuery& query) override {
    const CarbonIntensity intensity = *carbon_intensity({std::nullopt, country_of(query.zone)});
    const UtcTime hour = std::chrono::floor<std::chrono::hours>(query.now);
    const auto slots = static_cast<std::size_t>((query.history + query.horizon).count() + 1);
    FeedAnswer answer;
    answer.series.emplace_back(
        CarbonSeriesFields{{query.zone, SignalKind::Average, EmissionBasis::Unstated, name_},
                           SeriesMethod::Static,
                           query.now,
                           query.now,
                           hour - query.history,
                           std::chrono::hours{1},
                           std::vector<std::optional<GramsPerKwh>>(slots, intensity.value)});
    return answer;
  }

 private:
  std::string name_{"static"};
};

}  // namespace

std::unique_ptr<CarbonFeed> make_static_feed() { return std::make_unique<StaticFeed>(); }

}  // namespace greentrain
